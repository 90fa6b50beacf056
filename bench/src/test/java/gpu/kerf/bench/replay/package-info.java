@NullMarked
package gpu.kerf.bench.replay;

import org.jspecify.annotations.NullMarked;
