@NullMarked
package gpu.kerf.bench.replay.input;

import org.jspecify.annotations.NullMarked;
