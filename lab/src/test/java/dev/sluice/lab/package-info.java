/** Tests of the lab: plain ones for parsing and accounting, those tagged {@code system} in namespaces of their own. */
@NullMarked
package dev.sluice.lab;

import org.jspecify.annotations.NullMarked;
