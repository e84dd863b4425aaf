// Reads answers aloud: with sound from the service, or with a voice of the browser that needs no network.
() => {
  let sound = null;

  const quiet = () => {
    if (sound) { sound.pause(); URL.revokeObjectURL(sound.src); sound = null; }
    if (window.speechSynthesis) window.speechSynthesis.cancel();
    return "";
  };

  // Browsers know their voices only a moment after they are first asked.
  const voices = () => new Promise((resolve) => {
    const known = window.speechSynthesis ? window.speechSynthesis.getVoices() : [];
    if (known.length || !window.speechSynthesis) return resolve(known);
    window.speechSynthesis.addEventListener("voiceschanged", () => resolve(window.speechSynthesis.getVoices()), { once: true });
    setTimeout(() => resolve(window.speechSynthesis.getVoices()), 1000);
  });

  const speak = async (reading) => {
    // A voice that is not the machine's own would send the text to somebody else.
    const own = (await voices()).filter((one) => one.localService && one.lang.toLowerCase().startsWith(reading.language));
    if (!own.length) return reading.no_voice;
    // Sentence by sentence: some browsers stop in the middle of a long text.
    for (const sentence of reading.text.match(/[^.!?…]+[.!?…]*/g) || []) {
      const words = new SpeechSynthesisUtterance(sentence.trim());
      words.voice = own[0];
      words.lang = own[0].lang;
      window.speechSynthesis.speak(words);
    }
    return reading.said;
  };

  const play = async (reading) => {
    const answer = await fetch("/api/voice/speak", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": reading.locale },
      body: JSON.stringify({ text: reading.text }),
    });
    if (!answer.ok) return (await answer.json()).error.message;
    sound = new Audio(URL.createObjectURL(await answer.blob()));
    try {
      await sound.play();
    } catch {
      return reading.blocked;
    }
    return reading.said;
  };

  // What the status line says afterwards; as it was where nothing is to be read.
  const read = async (reading, status) => {
    if (!reading || !reading.text) return (reading && reading.said) || status;
    quiet();
    return reading.by === "browser" ? speak(reading) : play(reading);
  };

  window.nichewiseVoice = { quiet, read };
}
