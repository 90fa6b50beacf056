@NullMarked
package gpu.kerf.model.usage;

import org.jspecify.annotations.NullMarked;
