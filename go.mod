module github.com/tinynet/tinynet

go 1.23.0
