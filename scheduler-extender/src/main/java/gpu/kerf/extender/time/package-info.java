/** The clocks of the service: one for time limits, one for what people read. */
@NullMarked
package gpu.kerf.extender.time;

import org.jspecify.annotations.NullMarked;
