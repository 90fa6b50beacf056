@NullMarked
package gpu.kerf.model.budget;

import org.jspecify.annotations.NullMarked;
