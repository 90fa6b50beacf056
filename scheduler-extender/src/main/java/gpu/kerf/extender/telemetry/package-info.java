/** The names of metrics and log keys, and what they are worked out from. */
@NullMarked
package gpu.kerf.extender.telemetry;

import org.jspecify.annotations.NullMarked;
