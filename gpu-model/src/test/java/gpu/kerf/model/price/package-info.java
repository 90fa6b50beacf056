@NullMarked
package gpu.kerf.model.price;

import org.jspecify.annotations.NullMarked;
