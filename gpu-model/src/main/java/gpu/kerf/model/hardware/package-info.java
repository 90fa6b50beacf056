/**
 * What GPUs exist: models, their MIG profiles and geometry, the catalogue, and how near GPUs of a
 * node are.
 */
@NullMarked
package gpu.kerf.model.hardware;

import org.jspecify.annotations.NullMarked;
