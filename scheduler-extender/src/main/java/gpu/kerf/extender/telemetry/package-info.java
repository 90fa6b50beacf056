/** The names of metrics and log keys, and the computation of the metrics. */
@NullMarked
package gpu.kerf.extender.telemetry;

import org.jspecify.annotations.NullMarked;
