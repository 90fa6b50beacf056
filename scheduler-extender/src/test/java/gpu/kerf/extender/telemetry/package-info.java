@NullMarked
package gpu.kerf.extender.telemetry;

import org.jspecify.annotations.NullMarked;
