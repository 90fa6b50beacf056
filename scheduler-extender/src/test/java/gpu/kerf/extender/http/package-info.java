@NullMarked
package gpu.kerf.extender.http;

import org.jspecify.annotations.NullMarked;
