@NullMarked
package gpu.kerf.model.fleet;

import org.jspecify.annotations.NullMarked;
