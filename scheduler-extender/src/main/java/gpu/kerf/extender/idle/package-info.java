/** Which pods hold GPUs that compute nothing: figures, warnings and evictions. */
@NullMarked
package gpu.kerf.extender.idle;

import org.jspecify.annotations.NullMarked;
