/** The commands of the service, and the code that constructs and connects its parts. */
@NullMarked
package gpu.kerf.extender;

import org.jspecify.annotations.NullMarked;
