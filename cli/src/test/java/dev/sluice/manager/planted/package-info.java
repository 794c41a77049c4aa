/** Breaks the rules of the architecture on purpose, to show that the checks can fail. */
@NullMarked
package dev.sluice.manager.planted;

import org.jspecify.annotations.NullMarked;
