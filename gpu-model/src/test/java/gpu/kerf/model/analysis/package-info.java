@NullMarked
package gpu.kerf.model.analysis;

import org.jspecify.annotations.NullMarked;
