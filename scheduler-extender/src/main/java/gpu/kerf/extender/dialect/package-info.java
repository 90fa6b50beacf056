/** Reads the GPU demands of pods: one class per dialect. */
@NullMarked
package gpu.kerf.extender.dialect;

import org.jspecify.annotations.NullMarked;
