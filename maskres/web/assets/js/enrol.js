// A scanned invitation holds its code behind #, which no browser sends: it is put into the field and out of sight.
const field = document.getElementById("code");
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
