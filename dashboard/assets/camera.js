// Tells the page what only the browser knows: whether a camera may be asked for at all, whether
// there is one, and what its user has decided. No camera is opened.
export default function ({ setStateValue, data }) {
  let told = JSON.stringify(data?.told ?? null);
  let permission = null;

  async function tell() {
    const devices = navigator.mediaDevices;
    const found = devices ? await devices.enumerateDevices() : [];
    const facts = {
      secure: window.isSecureContext && Boolean(devices),
      cameras: found.filter((device) => device.kind === "videoinput").length,
      permission: permission?.state ?? "unknown",
    };
    if (JSON.stringify(facts) !== told) {
      told = JSON.stringify(facts);
      setStateValue("camera", facts);
    }
  }

  async function watch() {
    try {
      permission = await navigator.permissions.query({ name: "camera" });
      permission.addEventListener("change", tell);
    } catch {
      permission = null; // Firefox does not say
    }
    navigator.mediaDevices?.addEventListener("devicechange", tell);
    await tell();
  }

  watch();
  return () => {
    permission?.removeEventListener("change", tell);
    navigator.mediaDevices?.removeEventListener("devicechange", tell);
  };
}
