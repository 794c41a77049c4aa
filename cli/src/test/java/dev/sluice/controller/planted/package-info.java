/** Breaks the rules of the architecture on purpose, to show that the checks can fail. */
@NullMarked
package dev.sluice.controller.planted;

import org.jspecify.annotations.NullMarked;
