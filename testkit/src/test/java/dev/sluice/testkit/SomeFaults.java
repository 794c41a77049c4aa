package dev.sluice.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.AnnotationBasedArgumentsProvider;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsSource;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** Planted faults, the constants of the enumeration that the test takes: every ninth in each check, all with {@code -Dsluice.cases=all}, which {@code ./dev long} says. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ArgumentsSource(SomeFaults.Provider.class)
public @interface SomeFaults {
    /** One of so many is planted in each check. */
    int oneOf() default 9;

    /** Counts them out. */
    final class Provider extends AnnotationBasedArgumentsProvider<SomeFaults> {
        @Override
        protected Stream<? extends Arguments> provideArguments(
                ParameterDeclarations parameters, ExtensionContext context, SomeFaults faults) {
            Object[] all =
                    context.getRequiredTestMethod().getParameterTypes()[0].getEnumConstants();
            int step = "all".equals(System.getProperty("sluice.cases")) ? 1 : faults.oneOf();
            return IntStream.range(0, all.length).filter(i -> i % step == 0).mapToObj(i -> Arguments.of(all[i]));
        }
    }
}
