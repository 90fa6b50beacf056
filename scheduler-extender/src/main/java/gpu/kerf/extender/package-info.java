/** The commands of the service, and the one place where its parts are put together. */
@NullMarked
package gpu.kerf.extender;

import org.jspecify.annotations.NullMarked;
