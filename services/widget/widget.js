(function (settings, texts, css) { "use strict"; })
