@NullMarked
package gpu.kerf.bench.simulate;

import org.jspecify.annotations.NullMarked;
