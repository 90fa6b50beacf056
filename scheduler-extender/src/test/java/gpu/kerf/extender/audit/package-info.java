@NullMarked
package gpu.kerf.extender.audit;

import org.jspecify.annotations.NullMarked;
