/** What happens to pods before they exist: what is added to them, and what is refused. */
@NullMarked
package gpu.kerf.extender.admission;

import org.jspecify.annotations.NullMarked;
