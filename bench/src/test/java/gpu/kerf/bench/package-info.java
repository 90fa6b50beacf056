@NullMarked
package gpu.kerf.bench;

import org.jspecify.annotations.NullMarked;
