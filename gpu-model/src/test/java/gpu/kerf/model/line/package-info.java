@NullMarked
package gpu.kerf.model.line;

import org.jspecify.annotations.NullMarked;
