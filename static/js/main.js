// Every behaviour hangs on a data- attribute and listens on the document, so fragments need no set-up.
import "./csrf.js";
import "./menus.js";
import "./dialogs.js";
import "./toasts.js";
import "./forms.js";
import "./live.js";
import "./players.js";
import "./uploads.js";
import "./waveforms.js";
import "./quick.js";
