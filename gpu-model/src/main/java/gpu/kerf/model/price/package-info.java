/** Prices of GPUs and their parts: learned from the demands that come, looked up in tables. */
@NullMarked
package gpu.kerf.model.price;

import org.jspecify.annotations.NullMarked;
