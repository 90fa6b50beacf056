@NullMarked
package gpu.kerf.model.hardware;

import org.jspecify.annotations.NullMarked;
