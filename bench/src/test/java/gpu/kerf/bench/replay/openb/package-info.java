@NullMarked
package gpu.kerf.bench.replay.openb;

import org.jspecify.annotations.NullMarked;
