@NullMarked
package gpu.kerf.bench.replay.mig;

import org.jspecify.annotations.NullMarked;
