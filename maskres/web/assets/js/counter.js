// What stands in the field gives way to what is scanned or typed next.
document.querySelector("[data-select]")?.select();
