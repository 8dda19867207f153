// What speedscope understood of a profile, once it is shown: the file that its button "Export" gives.
new Promise((done, fail) => {
    URL.createObjectURL = (file) => {
        file.text().then((text) => done(JSON.parse(text)), fail);
        return '#';
    };
    // It has no button as long as it has no profile.
    const press = () => {
        const words = [...document.querySelectorAll('div')].filter((each) => /^\W*Export$/.test(each.textContent));
        if (words.length === 0) return setTimeout(press, 20);
        words.at(-1).click();
    };
    window.alert = (text) => fail(new Error(text));
    press();
})
