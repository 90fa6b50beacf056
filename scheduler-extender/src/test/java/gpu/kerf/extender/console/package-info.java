/** The console, tried in a real Chromium against recorded answers of the API. */
@NullMarked
package gpu.kerf.extender.console;

import org.jspecify.annotations.NullMarked;
