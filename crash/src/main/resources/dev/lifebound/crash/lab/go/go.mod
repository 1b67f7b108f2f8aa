module lifebound.dev/lab

go 1.18
