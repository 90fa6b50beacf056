/** Reports of GPU time and its cost: read from records, divided by the model, written as text. */
@NullMarked
package gpu.kerf.extender.cost;

import org.jspecify.annotations.NullMarked;
