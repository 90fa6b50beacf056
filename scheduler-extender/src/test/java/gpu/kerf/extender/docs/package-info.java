@NullMarked
package gpu.kerf.extender.docs;

import org.jspecify.annotations.NullMarked;
