# shellcheck shell=bash
# Servers for the Java virtual machine: dependencies in lib/, compiled classes in classes/.

install_maven() {
    local adapter=$1 version=$2 prefix=$3
    command -v mvn >/dev/null || install_packages maven
    command -v javac >/dev/null || install_packages default-jdk-headless
    cp "$adapter/$version/pom.xml" "$prefix"
    mkdir -p "$prefix/lib" "$prefix/classes"
    (cd "$prefix" && run_quietly mvn --batch-mode --quiet dependency:copy-dependencies \
        -DoutputDirectory=lib -DincludeScope=runtime)
    run_quietly javac -d "$prefix/classes" -classpath "$prefix/lib/*" "$adapter"/*.java
    find "$adapter" -maxdepth 1 -type f \( -name '*.properties' -o -name '*.yml' \) -exec cp -t "$prefix/classes" {} +
}
