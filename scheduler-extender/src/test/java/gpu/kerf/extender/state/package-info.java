@NullMarked
package gpu.kerf.extender.state;

import org.jspecify.annotations.NullMarked;
