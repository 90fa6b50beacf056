@NullMarked
package gpu.kerf.model.idle;

import org.jspecify.annotations.NullMarked;
