// Reports what only the browser knows: whether a camera may be asked for at all, how many there are,
// what the user has decided, and whether another page embeds this one. A camera is opened only for
// a check that the user asked for, and closed at once.
let checks = 0;
let checked = null;

function framed() {
  if (window.self === window.top) return "no";
  try {
    return window.top.location.origin === window.location.origin ? "same" : "cross";
  } catch {
    return "cross";
  }
}

function policy() {
  const rules = document.permissionsPolicy ?? document.featurePolicy;
  if (!rules) return "unknown"; // Firefox and Safari
  return rules.allowsFeature("camera") ? "allowed" : "blocked";
}

async function tried() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    stream.getTracks().forEach((track) => track.stop());
    return "works";
  } catch (error) {
    return error.name;
  }
}

export default function ({ setStateValue, data }) {
  let reported = JSON.stringify(data?.reported ?? null);
  let permission = null;

  async function report() {
    const devices = navigator.mediaDevices;
    const found = devices ? await devices.enumerateDevices() : [];
    const facts = {
      secure: window.isSecureContext && Boolean(devices),
      policy: policy(),
      framed: framed(),
      cameras: found.filter((device) => device.kind === "videoinput").length,
      permission: permission?.state ?? "unknown",
      checked,
    };
    if (data?.quiet && facts.framed !== "cross") return;
    if (JSON.stringify(facts) !== reported) {
      reported = JSON.stringify(facts);
      setStateValue("camera", facts);
    }
  }

  async function watch() {
    if ((data?.check ?? 0) > checks && navigator.mediaDevices) {
      checks = data.check;
      checked = await tried();
    }
    try {
      permission = await navigator.permissions.query({ name: "camera" });
      permission.addEventListener("change", report);
    } catch {
      permission = null; // Firefox does not say
    }
    navigator.mediaDevices?.addEventListener("devicechange", report);
    await report();
  }

  watch();
  return () => {
    permission?.removeEventListener("change", report);
    navigator.mediaDevices?.removeEventListener("devicechange", report);
  };
}
