@NullMarked
package dev.sluice.manager.metrics;

import org.jspecify.annotations.NullMarked;
