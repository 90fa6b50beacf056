/** Which work of a line starts next. */
@NullMarked
package gpu.kerf.model.line;

import org.jspecify.annotations.NullMarked;
