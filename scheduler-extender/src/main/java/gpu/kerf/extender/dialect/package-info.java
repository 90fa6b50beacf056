/** How pods say what they ask of GPUs: one class per way to write it. */
@NullMarked
package gpu.kerf.extender.dialect;

import org.jspecify.annotations.NullMarked;
