// Runs in every frame of the page. Keeps the camera's stream, and reads the numbers of the frames
// that are shown: the camera's in a small preview, and those that come back from the server, by one
// clock.
(() => {
  const ask = navigator.mediaDevices?.getUserMedia?.bind(navigator.mediaDevices);
  if (ask) {
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      window.cameraStream = await ask(constraints);
      return window.cameraStream;
    };
  }

  const BARS = 11;
  const WIDE = (BARS * 20) / 640;
  const HIGH = 20 / 480;

  function reader(video, mirrored) {
    const canvas = document.createElement("canvas");
    canvas.width = BARS * 4;
    canvas.height = 4;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return () => {
      const wide = video.videoWidth * WIDE;
      const high = video.videoHeight * HIGH;
      const left = mirrored ? video.videoWidth - wide : 0;
      context.drawImage(video, left, video.videoHeight - high, wide, high, 0, 0, BARS * 4, 4);
      const pixels = context.getImageData(0, 0, BARS * 4, 4).data;
      let bars = Array.from({ length: BARS }, (_, place) => {
        const at = (row, column) => pixels[4 * (row * BARS * 4 + place * 4 + column) + 1];
        return (at(1, 1) + at(1, 2) + at(2, 1) + at(2, 2)) / 4;
      });
      if (mirrored) bars = bars.reverse();
      const [white, black] = bars;
      if (white - black < 60) return null;
      const digits = bars.slice(2).map((bar) => (bar > (white + black) / 2 ? 1 : 0));
      const parity = digits.pop();
      if (digits.reduce((sum, one) => sum + one, 0) % 2 !== parity) return null;
      return digits.reduce((number, one) => 2 * number + one, 0);
    };
  }

  function watch(video, mirrored, until) {
    const read = reader(video, mirrored);
    const seen = [];
    return new Promise((finish) => {
      const look = (now) => {
        seen.push([now, read()]);
        if (now < until) video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
      setTimeout(() => finish(seen), until - performance.now() + 500);
    });
  }

  window.readNumbers = async (seconds, mirrored, withCamera) => {
    const until = performance.now() + 1000 * seconds;
    const watched = [watch(document.querySelector("video"), mirrored, until)];
    let preview = null;
    if (withCamera) {
      preview = document.createElement("video");
      preview.srcObject = window.cameraStream;
      preview.muted = true;
      Object.assign(preview.style, { position: "fixed", top: 0, right: 0, width: "64px" });
      document.body.append(preview);
      await preview.play();
      watched.push(watch(preview, false, until));
    }
    const [shown, camera] = await Promise.all(watched);
    preview?.remove();
    return { shown, camera: camera ?? [] };
  };
})();
