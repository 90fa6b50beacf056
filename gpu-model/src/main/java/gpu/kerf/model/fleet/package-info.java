/** All nodes together, and who holds what on them. */
@NullMarked
package gpu.kerf.model.fleet;

import org.jspecify.annotations.NullMarked;
