/** All nodes together, and the slots that pods hold on them. */
@NullMarked
package gpu.kerf.model.fleet;

import org.jspecify.annotations.NullMarked;
