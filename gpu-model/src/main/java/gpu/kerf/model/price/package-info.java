/** What the usual demands make things worth: learned from the live mix, looked up in tables. */
@NullMarked
package gpu.kerf.model.price;

import org.jspecify.annotations.NullMarked;
