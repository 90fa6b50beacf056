/** When work that holds GPUs and does not use them is warned, and evicted. */
@NullMarked
package gpu.kerf.model.idle;

import org.jspecify.annotations.NullMarked;
