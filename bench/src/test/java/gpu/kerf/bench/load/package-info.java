@NullMarked
package gpu.kerf.bench.load;

import org.jspecify.annotations.NullMarked;
